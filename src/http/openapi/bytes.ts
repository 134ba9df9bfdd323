import { UNKNOWN_TYPE } from '../../domain/files.ts';

/** The bytes of a file, of whichever type, as the document says it. */
export const BYTES_CONTENT = { [UNKNOWN_TYPE]: { schema: { type: 'string', format: 'binary' } } } as const;
