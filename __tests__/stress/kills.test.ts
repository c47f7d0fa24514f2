import { killRepeatedly } from "./killRepeatedly.js";

const KILLS = 20;

it(
  "loses no task, no abort and no hook, and repeats nothing that was saved, when its server is killed again and again",
  async () => {
    const seed = Math.floor(Math.random() * 1_000_000);
    const { broken, output, tasks } = await killRepeatedly({ kills: KILLS, seed });
    if (broken.length > 0) {
      console.log(`npm run stress -- --kills ${KILLS} --seed ${seed}\n${output}`);
    }
    expect(broken).toEqual([]);
    // Else nobody did anything while it was killed.
    expect(tasks).toBeGreaterThan(KILLS / 2);
  },
  // It takes a minute on a quiet machine.
  300_000
);
