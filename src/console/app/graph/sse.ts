/** One event of a stream, or a comment that only says that the stream is alive. */
interface Frame {
  event: string;
  data: string;
}

/** The frames of a stream of server-sent events, as they come. */
export async function* framesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Frame> {
  const reader = stream.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  for (let rest = ''; ; ) {
    const { done, value } = await reader.read();
    if (done) return;
    const frames = (rest + value).split('\n\n');
    rest = frames.pop() ?? '';
    yield* frames.map(frameOf);
  }
}

function frameOf(text: string): Frame {
  const lines = text.split('\n').map((line) => /^([^:]*):? ?(.*)$/s.exec(line) ?? []);
  const of = (wanted: string) => lines.flatMap(([, name, value = '']) => (name === wanted ? value : []));
  return { event: of('event').at(-1) ?? '', data: of('data').join('\n') };
}
