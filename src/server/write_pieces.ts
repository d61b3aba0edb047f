/** What is needed of an HTTP/2 stream. */
interface Writable {
  write(bytes: Uint8Array, callback: (error?: Error | null) => void): boolean;
}

/** Bytes of one write to an HTTP/2 stream. */
const PIECE = 16 * 1024;

/**
 * Lets large messages of a gRPC call go to its HTTP/2 stream piece by piece. Deno's HTTP/2 keeps for as long as a stream
 * lives the memory that its largest write needed (2.9: 1.9 MB after one of 1.3 MB), and xDS streams live for days. There is
 * no public way to the stream of a call; where it is not found, messages go as ever. Gives whether it was found.
 */
export function writeInPieces(call: object): boolean {
  const stream = (call as { readonly call?: { readonly stream?: Writable } }).call?.stream;
  if (stream === undefined) return false;
  const write = stream.write.bind(stream);
  stream.write = (bytes, callback) => {
    if (bytes.length <= PIECE) return write(bytes, callback);
    let at = 0;
    const next = (error?: Error | null): boolean => {
      if (error || at >= bytes.length) {
        callback(error);
        return true;
      }
      const piece = bytes.subarray(at, at + PIECE);
      at += piece.length;
      return write(piece, next);
    };
    return next();
  };
  return true;
}
