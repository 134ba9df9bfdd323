import { locale, t } from './texts.ts';

const language = locale === 'zh-CN' ? 'zh-CN' : navigator.language;
const clockParts = { hour: '2-digit', minute: '2-digit' } as const;
const clock = new Intl.DateTimeFormat(language, clockParts);
const weekday = new Intl.DateTimeFormat(language, { weekday: 'long' });
const shortWeekday = new Intl.DateTimeFormat(language, { weekday: 'short' });
const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
const momentOfYear = new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric', ...clockParts });
const momentInFull = new Intl.DateTimeFormat(language, {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  ...clockParts,
});
const shortDate = new Intl.DateTimeFormat(language, { month: 'numeric', day: 'numeric', year: '2-digit' });

const DAY_MS = 86_400_000;

export function clockTime(time: string | number): string {
  return clock.format(new Date(time));
}

/** The day of a time as a number: equal on the same day, where the person is. */
export function dayOf(time: string | number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

/** A day above its messages. */
export function dayName(time: string | number): string {
  const ago = Math.round((dayOf(Date.now()) - dayOf(time)) / DAY_MS);
  if (ago <= 0) return t.today;
  if (ago === 1) return t.yesterday;
  return ago < 7 ? weekday.format(new Date(time)) : date.format(new Date(time));
}

/** A moment in full; the year goes without saying if it is this one. */
export function dayAndTime(time: string): string {
  const moment = new Date(time);
  return (moment.getFullYear() === new Date().getFullYear() ? momentOfYear : momentInFull).format(moment);
}

/** When a chat had its last message, as short as possible. */
export function shortTime(time: string | number): string {
  const ago = Math.round((dayOf(Date.now()) - dayOf(time)) / DAY_MS);
  if (ago <= 0) return clockTime(time);
  if (ago === 1) return t.yesterday;
  return ago < 7 ? shortWeekday.format(new Date(time)) : shortDate.format(new Date(time));
}
