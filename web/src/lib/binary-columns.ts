/** Binary columns, as docs/reference/binary-columns.md describes them. */

export type Numbers =
  | Float64Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

export interface Place {
  type: "float64" | "float32" | "int64" | "int32" | "uint32" | "uint8" | "utf8";
  offset: number;
  length: number;
}

export interface Texts {
  bounds: Place;
  bytes: Place;
}

export class Table {
  constructor(
    // biome-ignore lint/suspicious/noExplicitAny: each kind of answer has a header of its own
    readonly header: any,
    private readonly message: ArrayBuffer,
    private readonly begin: number,
  ) {}

  numbers(place: Place): Numbers {
    const { message } = this;
    const at = this.begin + place.offset;
    switch (place.type) {
      case "float64":
        return new Float64Array(message, at, place.length);
      case "float32":
        return new Float32Array(message, at, place.length);
      case "int64":
        return new BigInt64Array(message, at, place.length);
      case "int32":
        return new Int32Array(message, at, place.length);
      case "uint32":
        return new Uint32Array(message, at, place.length);
      default:
        return new Uint8Array(message, at, place.length);
    }
  }

  /** Numbers as doubles: where the server had to send int64, the last digits may go. */
  doubles(place: Place): Float64Array<ArrayBuffer> {
    const found = this.numbers(place);
    if (found instanceof Float64Array) return found;
    return Float64Array.from(found as ArrayLike<number | bigint> as ArrayLike<number>, Number);
  }

  texts(place: Texts): string[] {
    const bytes = this.numbers(place.bytes) as Uint8Array<ArrayBuffer>;
    const bounds = this.numbers(place.bounds);
    const decoder = new TextDecoder();
    const whole = decoder.decode(bytes);
    const found = new Array<string>(bounds.length - 1);
    // One letter a byte: the places in the text are those in the bytes.
    const isPlain = whole.length === bytes.length;
    for (let i = 0; i < found.length; i++) {
      const from = Number(bounds[i]);
      const to = Number(bounds[i + 1]);
      found[i] = isPlain ? whole.slice(from, to) : decoder.decode(bytes.subarray(from, to));
    }
    return found;
  }
}

export function decodeTable(message: ArrayBuffer): Table {
  const view = new DataView(message);
  if (view.getUint32(0) !== 0x4d504331) throw new Error("The server's answer is no binary table.");
  const length = view.getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(message, 8, length)));
  return new Table(header, message, 8 + length);
}
