import type { FilesPlace } from '../../config/files.ts';
import { BucketStore } from './bucket-store.ts';
import type { FileStore } from './file-store.ts';
import { FolderStore } from './folder-store.ts';

/** The place of files that is set up; undefined where there is none. */
export function openFileStore(place: FilesPlace | undefined): FileStore | undefined {
  if (!place) return undefined;
  return place.kind === 'folder' ? new FolderStore(place.path) : new BucketStore(place);
}
