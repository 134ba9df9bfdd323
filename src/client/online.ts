/** What a browser says of its line; Node says nothing, and counts as online. */
export function isOffline(): boolean {
  return (globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine === false;
}

/** Listens to the browser going online and offline. @returns what stops it */
export function onLineChange(listener: (isOnline: boolean) => void): () => void {
  if (typeof globalThis.addEventListener !== 'function') return () => {};
  const online = () => listener(true);
  const offline = () => listener(false);
  addEventListener('online', online);
  addEventListener('offline', offline);
  return () => {
    removeEventListener('online', online);
    removeEventListener('offline', offline);
  };
}
