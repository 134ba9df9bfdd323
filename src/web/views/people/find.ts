import { isName } from '../../../domain/names.ts';
import { readableId, textToDigest, withEnding } from '../../../domain/readable-ids.ts';
import { type Api, ask } from '../../api/client.ts';
import { placeOfLink } from '../../router.svelte.ts';

/** Whose link, id or name to log in with a text is: their uid. @throws ApiError */
export async function findPerson(api: Api, text: string): Promise<string | undefined> {
  const ids = (await candidates(text.trim())).filter(isName);
  if (ids.length === 0) return undefined;
  const { items } = await ask(api.GET('/v1/users', { params: { query: { ids: ids.join(',') } } }));
  return items[0]?.uid;
}

/** The ids that may be meant, the likeliest first. */
async function candidates(text: string): Promise<string[]> {
  const place = placeOfLink(text);
  if (place?.at === 'person') return [place.uid];
  const ids = [text];
  const { id, isWhole } = readableId(text);
  if (isWhole) ids.push(id);
  // Only a page of https or of this machine can make digests; elsewhere such a person is found by their link.
  else if (crypto.subtle) ids.push(withEnding(id, await digestOf(textToDigest(text))));
  return [...new Set(ids)];
}

async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
