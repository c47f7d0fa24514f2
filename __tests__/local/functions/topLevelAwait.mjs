await Promise.resolve();
export const handler = async () => "top-level await";
