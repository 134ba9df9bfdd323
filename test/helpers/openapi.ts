import { readFileSync } from 'node:fs';

/** As much of an OpenAPI document as tests look at. */
export interface Document {
  openapi: string;
  info: { description: string };
  servers: { url: string }[];
  paths: Record<string, Record<string, OperationObject>>;
  components: {
    schemas: Record<string, object>;
    examples: Record<string, { value: { code: string; status: number } }>;
  };
  tags: { name: string }[];
}

export interface OperationObject {
  operationId: string;
  tags: string[];
  summary: string;
  description: string;
  security: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description: string; content?: Record<string, Media> }>;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description: string;
  schema: { type: string; pattern?: string; default?: unknown };
}

export interface Media {
  schema: { $ref?: string; type?: string };
  example?: object;
  examples?: Record<string, { $ref: string }>;
}

/** An operation with its place in the document. */
export interface Operation extends OperationObject {
  method: 'get' | 'put' | 'post' | 'patch' | 'delete';
  path: string;
}

/** The codes of the errors that an operation may answer with. */
export function codesOf({ responses }: OperationObject): string[] {
  return Object.keys(responses.default?.content?.['application/problem+json']?.examples ?? {});
}

/** The document as it is committed. */
export const document = JSON.parse(
  readFileSync(new URL('../../openapi/openapi.json', import.meta.url), 'utf8'),
) as Document;

/** All of its operations. */
export const operations: Operation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method as Operation['method'], path })),
);

/** Those that take JSON: all that have a body but an upload. */
export const withJson = operations.filter(({ requestBody }) => requestBody?.content['application/json']);
