import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from './delivery.ts';

/** What came to a receiver. */
export interface Received {
  headers: IncomingHttpHeaders;
  text: string;
  body: { type: string; timestamp: string; data: { message?: { fields: { text?: string } }; uid?: string } };
}

export type Receiver = Awaited<ReturnType<typeof startReceiver>>;

/** Somebody's server that webhooks are sent to. @param answer how it answers; 204 unless it does */
export async function startReceiver(
  answer: (received: Received, response: ServerResponse, count: number) => void | Promise<void> = () => {},
) {
  const received: Received[] = [];
  const receiver = {
    url: '',
    received,
    answer,
    /** What was said, in the order in which it came. */
    get texts() {
      return received.map(({ body }) => body.data.message?.fields.text ?? body.type);
    },
    comes: (count: number) => eventually(() => received.length >= count, `${count} events`),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const one = { headers: request.headers, text, body: JSON.parse(text) as Received['body'] };
    received.push(one);
    await receiver.answer(one, response, received.length);
    if (!response.headersSent && !response.destroyed) response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return receiver;
}
