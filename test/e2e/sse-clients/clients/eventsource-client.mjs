import { createEventSource } from 'eventsource-client';

const [url, key, last] = process.argv.slice(2);
console.log('connecting');
createEventSource({
  url,
  headers: { authorization: `Bearer ${key}` },
  initialLastEventId: last || undefined,
  onMessage: ({ event, id, data }) => console.log(`${event}\t${id}\t${data}`),
});
