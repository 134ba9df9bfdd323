import Type from 'typebox';
import { component, input, ref } from '../../http/openapi/component.ts';
import { Fields, FieldsPatch } from '../../http/openapi/fields.ts';
import { query, TimeText, UidsText, UidText } from '../../http/openapi/params.ts';

const fields = { name: 'Alice', avatar: 'https://example.com/alice.png' };

export const User = component('User', {
  description: 'A person.',
  properties: { uid: UidText(), fields: Fields, createdAt: TimeText('When the user was created.') },
  examples: [{ uid: 'alice', fields, createdAt: '2025-11-23T12:18:31.455Z' }],
});

export const UserInput = input('UserInput', {
  description: 'A profile. `createdAt` is reserved as the name of a field.',
  properties: { fields: Fields },
  examples: [{ fields }],
});

export const UserPatch = input('UserPatch', {
  description: 'A change of a profile.',
  properties: { fields: FieldsPatch },
  examples: [{ fields: { name: 'Alice B.', avatar: null } }],
});

/** No pages: as many as were asked for. */
export const UserList = component('UserList', {
  description: 'Those of the users asked for that exist.',
  properties: { items: Type.Array(ref(User)) },
  examples: [{ items: [{ uid: 'alice', fields, createdAt: '2025-11-23T12:18:31.455Z' }] }],
});

export const UsersQuery = query({ ids: UidsText() });
