import type { Attribute } from "./Storage.js";

const { MAX_SAFE_INTEGER } = Number;
const { byteLength } = Buffer;

/**
 * Size of an item in bytes, as DynamoDB counts it: names and values in UTF-8, numbers by their digits, 3 bytes for each
 * list and map and 1 more for each of their elements.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemSize(item: { [name: string]: Attribute | undefined }): number {
  let size = 0;
  for (const name in item) {
    size += namedSize(name, item[name]);
  }
  return size;
}

/** Size of one attribute with its name, in bytes. */
export function namedSize(name: string, value: Attribute | undefined): number {
  return value === undefined ? 0 : byteLength(name) + attributeSize(value);
}

function attributeSize(value: Attribute): number {
  if (typeof value === "string") {
    return byteLength(value);
  }
  if (typeof value === "number") {
    return numberSize(value);
  }
  if (value === null || typeof value === "boolean") {
    return 1;
  }
  if (value instanceof Uint8Array) {
    return value.byteLength;
  }
  if (Array.isArray(value)) {
    return value.reduce<number>((sum, element) => sum + 1 + attributeSize(element), 3);
  }
  return 3 + Object.keys(value).length + itemSize(value);
}

/** About one byte for two significant digits, and one; one more when negative. Trailing zeros are free. */
function numberSize(value: number): number {
  const digits = significantDigits(value < 0 ? -value : value);
  return (digits + (digits % 2)) / 2 + 1 + (value < 0 ? 1 : 0);
}

/** Records are full of whole numbers, and measured at every write: so these without texts, and without divisions. */
function significantDigits(value: number): number {
  if (value % 1 !== 0 || value > MAX_SAFE_INTEGER) {
    return String(value).replace(".", "").replace(/^0+/, "").replace(/0+$/, "").length;
  }
  if (value === 0) {
    return 0;
  }
  let digits = 1;
  let power = 10;
  for (; power <= value; power *= 10) {
    digits += 1;
  }
  for (power = 10; value % power === 0; power *= 10) {
    digits -= 1;
  }
  return digits;
}
