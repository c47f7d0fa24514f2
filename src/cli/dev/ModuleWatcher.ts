import { type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** An editor writes a file in several steps, and a tool several files. */
const SETTLE_MS = 100;

/** Watches the files that a program has loaded, but those of packages. */
export class ModuleWatcher {
  private readonly folders = new Map<string, { watcher: FSWatcher; files: Map<string, string> }>();
  private timer: NodeJS.Timeout | undefined;
  private readonly changed = new Set<string>();
  private isStopped = false;

  /** @param onChange gets the files once nothing has changed any more for a moment */
  constructor(private readonly onChange: (files: string[]) => void) {}

  /**
   * @param module path or file URL; what was added before, Node's own modules and packages are left alone. After the stop
   *   nothing is added: a process that is still loading tells of modules until it ends, and a watcher would keep this one
   *   running.
   */
  add(module: string): void {
    const file = pathOf(module);
    if (this.isStopped || file === undefined || /[\\/]node_modules[\\/]/.test(file)) {
      return;
    }
    const folder = dirname(file);
    let watched = this.folders.get(folder);
    if (watched === undefined) {
      const files = new Map<string, string>();
      // The folder, since an editor may replace the file by another one.
      const watcher = watch(folder, () => this.look(folder, files));
      watcher.on("error", () => this.look(folder, files));
      watched = { watcher, files };
      this.folders.set(folder, watched);
    }
    const name = basename(file);
    if (!watched.files.has(name)) {
      watched.files.set(name, stateOf(file));
    }
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    for (const { watcher } of this.folders.values()) {
      watcher.close();
    }
    this.folders.clear();
  }

  /** Which files of the folder are others now: events come for reading, too, and more than once. */
  private look(folder: string, files: Map<string, string>): void {
    for (const [name, before] of files) {
      const state = stateOf(resolve(folder, name));
      if (state !== before) {
        files.set(name, state);
        this.changed.add(resolve(folder, name));
      }
    }
    if (this.changed.size > 0) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        const settled = [...this.changed];
        this.changed.clear();
        this.onChange(settled);
      }, SETTLE_MS);
    }
  }
}

function pathOf(module: string): string | undefined {
  if (module.startsWith("file:")) {
    return fileURLToPath(module.replace(/[?#].*$/, ""));
  }
  // `node:fs`, `data:…`; a drive of Windows has one letter.
  return /^[a-z][a-z+.-]+:/i.test(module) ? undefined : resolve(module);
}

function stateOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined ? "missing" : `${stats.mtimeMs} ${stats.size} ${stats.ino}`;
}
