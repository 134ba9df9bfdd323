/**
 * The values of a body that has one JSON value a line, as they come. A last line without an end is left out: the line
 * was cut there.
 *
 * @throws SyntaxError if a line is no JSON
 */
export async function* valuesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = lines.pop()!;
      for (const line of lines) if (line !== '') yield JSON.parse(line);
    }
  } finally {
    void reader.cancel().catch(() => {});
  }
}
