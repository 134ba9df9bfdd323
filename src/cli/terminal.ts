import { isAbsolute, relative } from 'node:path';
import type { WriteStream } from 'node:tty';
import { prettyFactory } from 'pino-pretty';

/** Where a logger writes its lines. */
export interface LogStream {
  write(line: string): void;
}

/** What is read of a line; `req` and `res` are there when it tells of a request. */
interface LogLine {
  msg: string;
  req?: { method: string; url: string };
  res?: { statusCode: number };
  ms?: number;
  reqId?: string;
}

/**
 * Log lines for people, one each: the time, what happened, and details. For a terminal only; a machine gets JSON. Each is
 * written before `write` returns: the last words before an exit are those that matter.
 */
export function forPeople(terminal: WriteStream): LogStream {
  const format = prettyFactory({
    colorize: terminal.hasColors(),
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'pid,hostname,reqId,req,res,ms',
    singleLine: true,
    messageFormat: (line) => {
      const { msg, req, res, ms, reqId } = line as unknown as LogLine;
      return req && res ? `${req.method} ${req.url}: ${res.statusCode} (${ms} ms, request ${reqId})` : msg;
    },
  });
  return { write: (line) => void terminal.write(format(line)) };
}

/** The last word, when all has ended as it should. */
export function farewell(dataDir: string | undefined): string {
  if (dataDir === undefined) return 'redisim: stopped';
  const path = relative('', dataDir);
  const isBelow = path !== '' && !path.startsWith('..') && !isAbsolute(path);
  return `redisim: stopped; the data is in ${isBelow ? `./${path}` : dataDir}`;
}
