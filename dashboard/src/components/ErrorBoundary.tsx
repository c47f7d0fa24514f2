import { Component, type ReactNode } from "react";
import { Failure } from "./Nothing.js";

/** A page that fails leaves the menu standing. Also a part of the page that could not be loaded. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error === null ? (
      this.props.children
    ) : (
      <Failure isPage error={error} onRetry={() => window.location.reload()} />
    );
  }
}
