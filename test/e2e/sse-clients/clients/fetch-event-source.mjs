import { fetchEventSource } from '@microsoft/fetch-event-source';

// Made for browsers; what it needs of a window are the timers and fetch.
globalThis.window = globalThis;
const [url, key, last] = process.argv.slice(2);
console.log('connecting');
await fetchEventSource(url, {
  headers: { authorization: `Bearer ${key}`, ...(last ? { 'last-event-id': last } : {}) },
  openWhenHidden: true,
  onmessage: ({ event, id, data }) => console.log(`${event}\t${id}\t${data}`),
  // It takes the end of a stream for the end of the work, unless this throws.
  onclose: () => {
    throw new Error('closed');
  },
});
