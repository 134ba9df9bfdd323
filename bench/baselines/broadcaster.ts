/**
 * What a plain program would do that keeps everything in memory: each POST is rendered once as the frame that the service
 * writes, and written to every open stream. No Redis, no callers, no resuming. One `write` for each message and stream.
 */
import { createServer, type ServerResponse } from 'node:http';

const streams = new Set<ServerResponse>();
let n = 0;

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    response.write('event: ready\ndata: {}\n\n');
    streams.add(response);
    response.on('close', () => streams.delete(response));
    return;
  }
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (data) => {
    text += data;
  });
  request.on('end', () => {
    const now = Date.now();
    const { fields, clientMessageId } = JSON.parse(text);
    const message = {
      id: `${now}-${++n}`,
      conversation: 'group:all',
      from: 'u0',
      fields,
      sentAt: new Date(now).toISOString(),
      clientMessageId,
    };
    const json = JSON.stringify(message);
    const frame = `id: ${now}-${n}\nevent: message\ndata: ${json}\n\n`;
    for (const stream of streams) stream.write(frame);
    response.writeHead(201, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) });
    response.end(json);
  });
});
server.listen(0, '127.0.0.1', () => {
  process.on('SIGTERM', () => process.exit());
  process.send!({ url: `http://127.0.0.1:${(server.address() as { port: number }).port}` });
});
