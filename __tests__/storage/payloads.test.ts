import { gunzipSync } from "node:zlib";
import { joinSlices, slicePayload } from "../../src/storage/payloads.js";

/** Whether work came to its end before the event loop turned: nothing of it was done elsewhere. */
async function isDoneAtOnce(work: () => Promise<unknown>): Promise<boolean> {
  let turned = false;
  setImmediate(() => (turned = true));
  await work();
  return !turned;
}

describe("compression of payloads", () => {
  const texts = { small: "é".repeat(500_000), large: "é".repeat(600_000) };

  it.each([
    ["less than 1 MiB at once, also in virtual time", texts.small, true],
    ["1 MiB or more beside the event loop", texts.large, false]
  ])("does %s, both ways", async (_, text, atOnce) => {
    expect(await isDoneAtOnce(() => slicePayload("p", "input", "1", text))).toBe(atOnce);
    const { ref, items } = await slicePayload("p", "input", "1", text);
    expect(ref).toBe(`1#1#${Buffer.byteLength(text)}`);
    expect(gunzipSync(items[0]?.body as Uint8Array).toString()).toBe(text);
    expect(await isDoneAtOnce(() => joinSlices("p", "input", ref, items))).toBe(atOnce);
    expect(await joinSlices("p", "input", ref, items)).toBe(text);
  });
});
