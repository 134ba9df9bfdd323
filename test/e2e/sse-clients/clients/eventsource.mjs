import { EventSource } from 'eventsource';

const [url, key, last] = process.argv.slice(2);
console.log('connecting');
const source = new EventSource(url, {
  fetch: (input, init) =>
    fetch(input, {
      ...init,
      headers: { ...(last ? { 'last-event-id': last } : {}), ...init.headers, authorization: `Bearer ${key}` },
    }),
});
for (const name of ['ready', 'message', 'heartbeat', 'gap', 'bye']) {
  source.addEventListener(name, (event) => console.log(`${name}\t${event.lastEventId}\t${event.data}`));
}
