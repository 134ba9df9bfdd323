import { attachmentsFrom, type FileId, type FileInfo } from '../../domain/files.ts';
import type { Uid } from '../../domain/names.ts';
import { command } from '../../redis/command.ts';

export interface Upload {
  uid: Uid;
  id: FileId;
}

/** Refuses `user_not_found`, `too_many_pending_files`. */
export const beginUpload = command({
  script: new URL('./begin_upload.lua', import.meta.url),
  keys: (keys, { uid, id }: Upload & { bytes: number; bytesAllowed: number; filesAllowed: number }) => [
    keys.user(uid),
    keys.removedUser(uid),
    keys.file(id),
    keys.pendingFiles(uid),
    keys.files(),
  ],
  args: ({ uid, id, bytes, bytesAllowed, filesAllowed }) => [uid, id, bytes, bytesAllowed, filesAllowed],
  decode: () => undefined,
});

/** Refuses `user_not_found`. */
export const finishUpload = command({
  script: new URL('./finish_upload.lua', import.meta.url),
  keys: (keys, { uid, id }: { uid: Uid } & FileInfo) => [
    keys.user(uid),
    keys.removedUser(uid),
    keys.file(id),
    keys.pendingFiles(uid),
  ],
  args: ({ uid, id, size, type, width, height }) => [uid, id, size, type, width ?? 0, height ?? 0],
  decode: () => undefined,
});

export const discardUpload = command({
  script: new URL('./discard_upload.lua', import.meta.url),
  keys: (keys, { uid, id }: Upload) => [keys.file(id), keys.pendingFiles(uid), keys.files()],
  args: ({ id }) => [id],
  decode: () => undefined,
});

type RawFile = [size: string, type: string, width: string, height: string, attachments: string];

/** A file for who may read it, and what it is called in a message that this one may read. Refuses `file_not_found`. */
export const readFile = command({
  script: new URL('./read_file.lua', import.meta.url),
  keys: (keys, { id, reader }: { id: FileId; reader: Uid }) => [
    keys.file(id),
    keys.fileMessages(id),
    keys.removedUser(reader),
    keys.floors(reader),
    keys.read(reader),
  ],
  args: ({ id, reader }) => [id, reader],
  decode: ([size, type, width, height, attachments]: RawFile, { id }): FileInfo & { name: string | undefined } => ({
    id,
    type,
    size: Number(size),
    ...(width && height ? { width: Number(width), height: Number(height) } : {}),
    name: attachmentsFrom(attachments)?.find(({ file }) => file === id)?.name,
  }),
});

export const lookAtFile = command({
  script: new URL('./look_at_file.lua', import.meta.url),
  keys: (keys, { id }: { id: FileId; nowMs: number }) => [
    keys.file(id),
    keys.fileMessages(id),
    keys.files(),
    keys.fileRemovals(),
  ],
  args: ({ id, nowMs }) => [id, nowMs],
  decode: (reply: string) => reply as 'kept' | 'unused' | 'collected' | 'again',
});

/** Whether this node is the one that looks at files. */
export const leaseFiles = command({
  script: new URL('./lease_files.lua', import.meta.url),
  keys: (keys, _input: { node: string; ms: number }) => [keys.filesLease()],
  args: ({ node, ms }) => [node, ms],
  decode: (reply: number) => reply === 1,
});

export const bytesRemoved = command({
  script: new URL('./bytes_removed.lua', import.meta.url),
  keys: (keys, _id: FileId) => [keys.fileRemovals()],
  args: (id) => [id],
  decode: () => undefined,
});
