import fs = require("node:fs");
import path = require("node:path");
import zlib = require("node:zlib");

/**
 * The built files, gzipped, by their path. In the source they are read from the last build; the build puts a module in
 * the place of this one that holds them, so that a bundle of a Lambda has them inside.
 */
function readFiles(): Record<string, string> {
  const folder = path.join(__dirname, "../../dist/dashboard");
  const names = fs.readdirSync(folder, { recursive: true, encoding: "utf8" });
  const files = names.filter(
    name => fs.statSync(path.join(folder, name)).isFile() && !/^(manifest|embedded)\./.test(name)
  );
  return Object.fromEntries(
    files.map(name => [
      name.replaceAll("\\", "/"),
      zlib.gzipSync(fs.readFileSync(path.join(folder, name))).toString("base64")
    ])
  );
}

const embedded = { files: readFiles() };
export = embedded;
