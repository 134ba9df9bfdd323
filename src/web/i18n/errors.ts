import type { ErrorCode } from '../../domain/errors.ts';
import { locale } from './texts.ts';

/** Words for some codes of errors. */
export type Words = Partial<Record<ErrorCode, string>>;

const en = {
  unknown: 'Something went wrong. Please try again.',
  noAnswer: 'The service can’t be reached. Check your connection and try again.',
  codes: {
    invalid_request: 'That can’t be used here. Please check what you typed.',
    unauthorized: 'Please log in again.',
    token_revoked: 'You were signed out. Please log in again.',
    user_removed: 'This account was deleted.',
    suspended: 'This account is suspended.',
    forbidden: 'You can’t do that.',
    not_member: 'You’re not a member of this group.',
    not_admin: 'Only admins of the group can do that.',
    not_owner: 'Only the owner of the group can do that.',
    blocked: 'You can’t reach this person.',
    must_unblock: 'You blocked this person. Unblock them first.',
    contacts_only: 'This person only takes messages from their contacts.',
    banned: 'That isn’t possible: the person is banned from this group.',
    silenced: 'You can’t post in this group for now.',
    posting_restricted: 'Only admins can post in this group.',
    join_closed: 'You can’t join this group yourself. Ask an admin to add you.',
    demo_login_off: 'You can’t log in with just a name here.',
    demo_secret_needed: 'That link is no longer valid. Open the one that the terminal shows now.',
    user_not_found: 'There is no such person here.',
    group_not_found: 'This group no longer exists.',
    conversation_not_found: 'This chat no longer exists.',
    message_not_found: 'This message no longer exists.',
    member_not_found: 'This person is no longer in the group.',
    request_not_found: 'Somebody has already answered this request.',
    message_erased: 'This message was deleted.',
    edit_window_over: 'This message is too old to be edited.',
    too_many_edits: 'This message was edited too often.',
    too_many_reactions: 'This message has too many different reactions.',
    owner_must_hand_over: 'The owner has to hand the group over first.',
    group_full: 'This group is full.',
    too_many_members: 'This group is too large for that.',
    request_timeout: 'That took too long. Please try again.',
    body_too_large: 'That is too long.',
    fields_too_large: 'That is too long.',
    mention_outside: 'You can only mention people who are in this chat.',
    too_many_requests: 'That was a bit fast. Wait a moment and try again.',
    unavailable: 'The service isn’t available right now. Please try again.',
    storage_full: 'The service has no space left.',
    outcome_unknown: 'The service didn’t answer in time. Check whether it worked before you try again.',
  } satisfies Words,
};

const zh: typeof en = {
  unknown: '出了点问题，请重试。',
  noAnswer: '无法连接到服务，请检查网络后重试。',
  codes: {
    invalid_request: '输入的内容无法使用，请检查。',
    unauthorized: '请重新登录。',
    token_revoked: '你已被退出登录，请重新登录。',
    user_removed: '该账号已被删除。',
    suspended: '该账号已被停用。',
    forbidden: '你无权执行此操作。',
    not_member: '你不是该群成员。',
    not_admin: '只有群管理员可以这样做。',
    not_owner: '只有群主可以这样做。',
    blocked: '你无法联系对方。',
    must_unblock: '你已屏蔽对方，请先取消屏蔽。',
    contacts_only: '对方只接收联系人的消息。',
    banned: '无法完成：此人已被禁止加入该群。',
    silenced: '你在该群已被禁言。',
    posting_restricted: '该群只有管理员可以发言。',
    join_closed: '该群不能自行加入，请联系管理员添加你。',
    demo_login_off: '这里不能只用名字登录。',
    demo_secret_needed: '该链接已失效，请打开终端中当前显示的链接。',
    user_not_found: '没有这个人。',
    group_not_found: '该群已不存在。',
    conversation_not_found: '该聊天已不存在。',
    message_not_found: '该消息已不存在。',
    member_not_found: '此人已不在群中。',
    request_not_found: '该申请已被处理。',
    message_erased: '该消息已被删除。',
    edit_window_over: '消息发送时间过久，无法编辑。',
    too_many_edits: '该消息编辑次数过多。',
    too_many_reactions: '该消息的表情回应种类过多。',
    owner_must_hand_over: '群主需先转让群组。',
    group_full: '该群已满员。',
    too_many_members: '该群人数过多，无法执行此操作。',
    request_timeout: '请求超时，请重试。',
    body_too_large: '内容过长。',
    fields_too_large: '内容过长。',
    mention_outside: '只能提及此聊天中的人。',
    too_many_requests: '操作过于频繁，请稍后再试。',
    unavailable: '服务暂时不可用，请重试。',
    storage_full: '服务的存储空间已满。',
    outcome_unknown: '服务未及时响应，请先确认操作是否成功再重试。',
  },
};

const words = locale === 'zh-CN' ? zh : en;

/** An error that the page itself tells a person about: its message is written for them. */
export class UserError extends Error {}

/**
 * What went wrong, in words for a person: never the service's, which are for developers.
 * @param special what some codes mean in this place
 */
export function errorText(error: unknown, special: Words = {}): string {
  if (error instanceof UserError) return error.message;
  const { code, status } = error as { code?: string; status?: number };
  if (status === 0) return words.noAnswer;
  const codes: Words = { ...words.codes, ...special };
  return codes[code as ErrorCode] ?? words.unknown;
}
