import * as channels from './channels.ts';
import * as common from './common.ts';
import * as files from './files.ts';
import * as groups from './groups.ts';
import * as login from './login.ts';
import * as notices from './notices.ts';
import * as people from './people.ts';
import * as talk from './talk.ts';

/** What the page says, in the languages that it speaks: a file a room. A function where something is put in. */
const en = {
  ...common.en,
  ...login.en,
  ...talk.en,
  ...people.en,
  ...groups.en,
  ...channels.en,
  ...files.en,
  ...notices.en,
};
const zh: typeof en = {
  ...common.zh,
  ...login.zh,
  ...talk.zh,
  ...people.zh,
  ...groups.zh,
  ...channels.zh,
  ...files.zh,
  ...notices.zh,
};

const isChinese = /^zh\b/i.test(navigator.language);

/** The page's language. */
export const locale = isChinese ? 'zh-CN' : 'en';
export const t: typeof en = isChinese ? zh : en;

/** What is said of a group, or of a channel. */
export function wordsOf(isChannel: boolean): typeof en {
  return isChannel ? { ...t, ...t.inChannel } : t;
}
