/** `<scheme>://[user:password@]host[:port][,host[:port]…][/path][?query]` */
const SEVERAL_HOSTS = /^([a-z+]+:\/\/(?:[^@/?]*@)?)([^/?]+)(.*)$/;

/**
 * What REDIS_URL says, as one URL for each server that it names.
 * @throws TypeError if one of them is no URL
 */
export function redisUrlsOf(value: string): URL[] {
  const [, before = '', hosts = '', behind = ''] = SEVERAL_HOSTS.exec(value) ?? [];
  if (hosts === '') return [new URL(value)];
  return hosts.split(',').map((host) => new URL(`${before}${host}${behind}`));
}
