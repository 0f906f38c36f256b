// What extwee, another implementation of Twee 3, reads from the .twee files of a folder, and from the HTML it compiles.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { compileTwine2HTML, parseTwee, parseTwine2HTML, StoryFormat } from "extwee";

const LINK = /\[\[(.+?)->(.+?)\]\]/g;

function told(story) {
  const passages = story.passages.map((p) => ({ name: p.name, text: p.text, tags: p.tags }));
  const links = passages.flatMap((p) => [...p.text.matchAll(LINK)].map((found) => [p.name, found[2]]));
  return { title: story.name, start: story.start, passages, links };
}

// Compiling changes the format, so each story gets its own.
function format() {
  const plain = new StoryFormat("Plain", "1.0.0");
  plain.source = "<html><body>{{STORY_NAME}}{{STORY_DATA}}</body></html>";
  return plain;
}

const found = {};
for (const name of readdirSync(process.argv[2]).filter((file) => file.endsWith(".twee"))) {
  const story = parseTwee(readFileSync(join(process.argv[2], name), "utf-8"));
  found[basename(name, ".twee")] = { twee: told(story), html: told(parseTwine2HTML(compileTwine2HTML(story, format()))) };
}
console.log(JSON.stringify(found));
