/**
 * What a plain program would do that keeps everything in memory: each POST is rendered once as the frame that the service
 * writes, and written to every open stream; who comes with a `start` gets the last hundred in one write. No Redis, no callers. One `write` for each message and stream.
 */
import { createServer, type ServerResponse } from 'node:http';

/** How many messages whoever comes back is given again. */
const KEPT = 100;

const kept: string[] = [];
const streams = new Set<ServerResponse>();
let n = 0;

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    const missed = request.url!.includes('start=') ? kept.join('') : '';
    response.write(`event: ready\ndata: {}\n\n${missed}`);
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
    kept.push(frame);
    if (kept.length > KEPT) kept.shift();
    response.writeHead(201, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) });
    response.end(json);
  });
});
server.listen(0, '127.0.0.1', () => {
  process.on('SIGTERM', () => process.exit());
  process.send!({ url: `http://127.0.0.1:${(server.address() as { port: number }).port}` });
});
