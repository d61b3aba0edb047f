/** Calls back for each line of a stream of text, without its end, until the stream ends. */
export async function eachLine(stream: ReadableStream<Uint8Array>, callback: (line: string) => void): Promise<void> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) callback(line);
  }
  if (rest !== "") callback(rest);
}
