import Type from 'typebox';
import { component } from '../../http/openapi/component.ts';
import { query, SelfParams } from '../../http/openapi/params.ts';
import { TICKET } from '../../http/streams/stream-schemas.ts';
import { AttachmentExample, FileIdText, fileProperties } from '../messages/schemas.ts';

const { file: id, name: _, ...info } = AttachmentExample;

export const UploadedFile = component('UploadedFile', {
  description: 'A file that was uploaded. A message can carry it, and `id` is what it is called there.',
  properties: { id: FileIdText('The id.'), ...fileProperties },
  examples: [{ id, ...info }],
});

export const FileParams = Type.Object({ ...SelfParams.properties, id: FileIdText('A file.') });

export const FileQuery = query({ ticket: Type.Optional(Type.String(TICKET)) });
