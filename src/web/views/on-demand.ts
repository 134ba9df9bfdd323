/** Parts of the page that are not in its first view, by how they are loaded. */
export const chatView = () => import('./ChatView.svelte');
export const contacts = () => import('./people/Contacts.svelte');
export const groupInfo = () => import('./group/GroupInfo.svelte');
export const joinGroup = () => import('./group/JoinGroup.svelte');
export const me = () => import('./people/Me.svelte');
export const newGroup = () => import('./group/NewGroup.svelte');
export const personInfo = () => import('./people/PersonInfo.svelte');

/** Loads all of them once there is nothing else to do, so that nobody waits for one. */
export function loadWhenIdle(): void {
  const load = () => {
    for (const part of [chatView, contacts, me, groupInfo, personInfo, newGroup, joinGroup]) part().catch(() => {});
  };
  if ('requestIdleCallback' in globalThis) requestIdleCallback(load, { timeout: 5_000 });
  else setTimeout(load, 2_000);
}
