// Header blocks of SPDY/3.1: names and values with their lengths, compressed as one zlib stream per direction that is flushed
// after each block and begins with a dictionary known to both: section 2.6.10 of
// https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/
//
// Each block ends on a byte (zlib's sync flush), and what a block refers back to are the last 32 kB of text: with those as
// its dictionary, a block can be read by itself. So there is no stream to keep, and a block that would inflate without
// measure is refused.

import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { SpdyError } from "./spdy-frames.ts";

const { Z_SYNC_FLUSH } = constants;

const WORDS =
  "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow " +
  "authorization cache-control connection content-base content-encoding content-language content-length content-location " +
  "content-md5 content-range content-type date etag expect expires from host if-match if-modified-since if-none-match " +
  "if-range if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range " +
  "referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method " +
  "get status 200_OK version HTTP/1.1 url public set-cookie keep-alive origin";
const TAIL =
  "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative " +
  "Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal " +
  "Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, " +
  "Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml," +
  "text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

export const DICTIONARY: Buffer = Buffer.concat([
  ...WORDS.split(" ").map((word) => lengthPrefixed(word.replace("_", " "))),
  Buffer.from(TAIL, "latin1"),
]);

/** RFC 1950: deflate with a window of 32 kB, a preset dictionary follows, and the dictionary's Adler-32. */
const STREAM_HEAD = Buffer.from("78bbe3c6a7c2", "hex");
const WINDOW_BYTES = 32_768;
const MAX_TEXT_BYTES = 65_536;

export class HeaderReader {
  #window: Buffer | undefined;

  /** Names in lower case; of one that comes twice, the last value. Blocks must be given in order, each once. */
  read(block: Buffer): Map<string, string> {
    const text = this.#inflate(block);
    return parse(text);
  }

  #inflate(block: Buffer): Buffer {
    const isFirst = this.#window === undefined;
    if (isFirst && !hasDictionary(block))
      throw new SpdyError("the headers are not compressed with SPDY/3's dictionary");
    const window = this.#window ?? DICTIONARY;
    const options = { dictionary: window, finishFlush: Z_SYNC_FLUSH, maxOutputLength: MAX_TEXT_BYTES };
    try {
      const text = inflateRawSync(isFirst ? block.subarray(STREAM_HEAD.length) : block, options);
      this.#window = Buffer.concat([window, text]).subarray(-WINDOW_BYTES);
      return text;
    } catch (error) {
      throw new SpdyError(`the headers of a stream cannot be read: ${(error as Error).message}`);
    }
  }
}

export class HeaderWriter {
  #begun = false;

  write(headers: Iterable<[string, string]>): Buffer {
    const list = [...headers];
    const text = Buffer.concat([
      uint32(list.length),
      ...list.flatMap(([name, value]) => [lengthPrefixed(name.toLowerCase()), lengthPrefixed(value)]),
    ]);
    // It refers to nothing before it, which a block need not do.
    const block = deflateRawSync(text, { finishFlush: Z_SYNC_FLUSH });
    if (this.#begun) return block;
    this.#begun = true;
    return Buffer.concat([STREAM_HEAD, block]);
  }
}

/** Level and window may differ; method, the dictionary flag and the dictionary may not. */
function hasDictionary(block: Buffer): boolean {
  const isDeflate = (block[0]! & 0x0f) === 8;
  const isMarked = (block[1]! & 0x20) !== 0;
  return (
    block.length > STREAM_HEAD.length && isDeflate && isMarked && block.subarray(2, 6).equals(STREAM_HEAD.subarray(2))
  );
}

function parse(text: Buffer): Map<string, string> {
  let at = 0;
  const number = () => {
    if (at + 4 > text.length) throw new SpdyError("a header block ends too early");
    at += 4;
    return text.readUInt32BE(at - 4);
  };
  const word = () => {
    const length = number();
    if (at + length > text.length) throw new SpdyError("a header block ends too early");
    at += length;
    return text.toString("utf8", at - length, at);
  };
  const headers = new Map<string, string>();
  for (let left = number(); left > 0; left -= 1) headers.set(word().toLowerCase(), word());
  return headers;
}

function lengthPrefixed(word: string): Buffer {
  const bytes = Buffer.from(word, "utf8");
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
