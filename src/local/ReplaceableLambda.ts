import type { LocalLambda } from "./LocalLambda.js";

interface Version {
  lambda: LocalLambda;
  invocations: number;
}

/** A Lambda whose code can be exchanged: what has begun ends with the old code, what begins later has the new one. */
export class ReplaceableLambda implements LocalLambda {
  private current: Version;
  private readonly versions = new Set<Version>();

  constructor(lambda: LocalLambda) {
    this.current = this.add(lambda);
  }

  get functionName() {
    return this.current.lambda.functionName;
  }

  async replace(lambda: LocalLambda): Promise<void> {
    const old = this.current;
    this.current = this.add(lambda);
    await this.endIfUnused(old);
  }

  async invoke(event: unknown, options?: { signal?: AbortSignal }): Promise<{ payload: unknown }> {
    const version = this.current;
    version.invocations += 1;
    try {
      return await version.lambda.invoke(event, options);
    } finally {
      version.invocations -= 1;
      await this.endIfUnused(version);
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.versions].map(({ lambda }) => lambda.stop()));
  }

  private add(lambda: LocalLambda): Version {
    const version = { lambda, invocations: 0 };
    this.versions.add(version);
    return version;
  }

  private async endIfUnused(version: Version): Promise<void> {
    if (version !== this.current && version.invocations === 0 && this.versions.delete(version)) {
      await version.lambda.stop();
    }
  }
}
