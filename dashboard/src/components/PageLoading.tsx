import { Skeleton, VisuallyHidden } from "@mantine/core";

/** A page that is on its way: in its place, so that nothing jumps. */
export function PageLoading({ heights = [90, 300] }: { heights?: number[] }) {
  return (
    <div className="page stack" aria-busy="true">
      <VisuallyHidden>
        <h1>Loading</h1>
      </VisuallyHidden>
      <Skeleton height={32} width={240} />
      {heights.map(height => (
        <Skeleton key={height} height={height} radius={12} />
      ))}
    </div>
  );
}
