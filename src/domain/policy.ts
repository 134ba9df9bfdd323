/** What a member is in a group, the most powerful first. */
export const ROLES = ['owner', 'admin', 'member'] as const;
export type Role = (typeof ROLES)[number];

/** How one becomes a member without an admin's doing: at once, after approval, or not at all. */
export type JoinPolicy = 'open' | 'approval' | 'closed';
/** Who may send: all members, or the owner and the admins. */
export type PostPolicy = 'members' | 'admins';
/** What a new member may read: everything, or what came since it joined. */
export type HistoryPolicy = 'all' | 'joined';

/** How a group is delivered: into the inboxes of its members, or, a channel, by its log alone, to however many. */
export type GroupKind = 'group' | 'channel';

/** Whose direct messages a person takes: anybody's, or those of its contacts. */
export type DirectPolicy = 'anyone' | 'contacts';

interface Rule {
  /** What it is, for the documents. */
  readonly does: string;
  readonly roles: readonly Role[];
}

const EVERYBODY = ROLES;
const ADMINS = ['owner', 'admin'] as const;
const OWNER = ['owner'] as const;

/**
 * Who may do what in a group: the one source. The scripts are given it (`redis/lua/policy.lua`), and docs/api.md shows
 * it (`npm run policy`). A server key may do everything.
 */
export const POLICY = {
  read: { does: 'read messages, members and their roles', roles: EVERYBODY },
  send: { does: 'send messages, unless silenced', roles: EVERYBODY },
  sendRestricted: { does: 'send messages where `postPolicy` is `admins`', roles: ADMINS },
  mentionAll: { does: 'mention everybody with `*`', roles: ADMINS },
  edit: { does: "change the group's fields", roles: ADMINS },
  add: { does: 'add members', roles: ADMINS },
  approve: { does: 'list, approve and turn down requests to join', roles: ADMINS },
  remove: { does: 'remove members', roles: ADMINS },
  silence: { does: 'silence members', roles: ADMINS },
  ban: { does: 'list bans, ban people and lift bans', roles: ADMINS },
  erase: { does: 'erase what others have sent', roles: ADMINS },
  moderateAdmins: { does: 'remove, silence and ban admins', roles: OWNER },
  appoint: { does: 'make members admins, and admins members', roles: OWNER },
  policies: { does: 'change `joinPolicy`, `postPolicy` and `historyPolicy`', roles: OWNER },
  handOver: { does: 'hand the group over to another member', roles: OWNER },
  delete: { does: 'remove the group', roles: OWNER },
} as const satisfies Record<string, Rule>;

/** Something that is done in a group. */
export type Action = keyof typeof POLICY;

/** Whether a member of this role may do it. */
export function allows(action: Action, role: Role): boolean {
  const { roles }: Rule = POLICY[action];
  return roles.includes(role);
}

/** How somebody who may not do it is refused: by the lowest role that may. */
export function refusalOf(action: Action): 'not_member' | 'not_admin' | 'not_owner' {
  if (allows(action, 'member')) return 'not_member';
  return allows(action, 'admin') ? 'not_admin' : 'not_owner';
}

/** The table as Lua: action → role → true. */
export function policyAsLua(): string {
  const rows = Object.entries(POLICY).map(
    ([action, { roles }]) => `${action} = { ${roles.map((role) => `${role} = true`).join(', ')} }`,
  );
  return `local POLICY = {\n  ${rows.join(',\n  ')},\n}`;
}
