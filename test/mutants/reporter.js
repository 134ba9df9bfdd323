/**
 * A reporter of `node --test`: one line of JSON for each test that ran, and what else was written as it is. In JavaScript,
 * since Node loads it before tsx.
 */
export default async function* report(source) {
  for await (const { type, data } of source) {
    if (type === 'test:stderr') yield data.message;
    if ((type !== 'test:pass' && type !== 'test:fail') || data.skip !== undefined) continue;
    if (data.details.type === 'suite') continue;
    const { error } = data.details;
    const message = String(error?.cause?.message ?? error?.message ?? '');
    yield `${JSON.stringify({ name: data.name, passed: type === 'test:pass', message })}\n`;
  }
}
