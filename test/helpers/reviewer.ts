import type { ServerResponse } from 'node:http';
import type { Question } from '../../src/features/moderation/before-send.ts';
import { type Received, startReceiver } from './receiver.ts';

/** What a reviewer is asked, as it reads it. */
export interface Asked {
  type: Question['type'];
  timestamp: string;
  data: Record<string, unknown> & { fields: Record<string, string | null> };
}

export const BEFORE_SEND_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** What it answers: a status and a body, or whatever it does with the response. */
export type Say = (asked: Asked, response: ServerResponse) => unknown;

/** Answers with JSON. */
export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** The rules of the tests, by what a message says. */
export const byText: Say = ({ data }, response) => {
  const text = String(data.fields.text ?? '');
  if (text.startsWith('deny')) json(response, { action: 'deny', reason: `No “${text}” here.` });
  else if (text.startsWith('swear')) json(response, { action: 'replace', fields: { text: 's****', softened: 'yes' } });
};

/** An operator's own server, which is asked before a message is sent. It allows what `say` does not answer. */
export async function startReviewer(say: Say = byText) {
  const answer = async (received: Received, response: ServerResponse) => {
    await reviewer.say(received.body as unknown as Asked, response);
  };
  const receiver = await startReceiver(answer);
  const reviewer = {
    say,
    url: receiver.url,
    /** The requests as they came. */
    received: receiver.received,
    /** What was asked, in the order in which it came. */
    get asked() {
      return receiver.received.map(({ body }) => body as unknown as Asked);
    },
    comes: receiver.comes,
    close: receiver.close,
    /** The settings of a service that asks it. */
    config: { beforeSendUrl: receiver.url, beforeSendSecret: BEFORE_SEND_SECRET },
  };
  return reviewer;
}
