// The review desk: one thing after the other, one key per answer. The token stays in this tab and goes in a header only.
"use strict";

const TOKEN = "yinzheng-token";
const HOLD_MS = 4000; // an answer cannot be changed once it is sent: so long it can still be taken back
const SAID_MS = 8000;
const KINDS = { field: "栏目", mark: "签章", tick: "钢印", rescan: "重扫", page: "无主的页", surface: "纸面", date: "日期", evidence: "材料" };
const ANSWERS = {
  match: ["一致", "good"], altered: ["不符", "bad"], unreadable: ["看不清", ""], present: ["有，单位相符", "good"], absent: ["没有", "bad"],
  wrong_unit: ["是别的单位", "bad"], rescan: ["请重扫", ""], set_aside: ["不必处理", ""], belongs: ["归入文书", "good"],
};
const OWN_WORDS = { tick: { present: "看到了", absent: "没有" }, surface: { match: "没有改动", altered: "有改动" }, date: { match: "日期无误", altered: "有误或缺日期" }, evidence: { match: "相符" } };
const RESULTS = { match: "一致", altered: "不符", unreadable: "看不清", not_checked: "未核" };

const at = (id) => document.getElementById(id);
let items = []; // what waits, oldest first, as the list tells it
let next = null; // from where the rest of the list goes on
let here = -1;
let item = null; // the one on the desk, with all that is known of it
let inHand = null; // the paper that "原件在手" was ticked for
let held = null; // the answer that can still be taken back
let quiet = 0; // the timer after which nothing is said any more
let shown = []; // object URLs of the pictures that are on the page
const seen = new Map(); // path → picture: what was looked at is not asked for, nor noted, a second time
const MOST_SEEN = 40;

function say(text) {
  at("alert").textContent = "";
  at("status").textContent = text;
  clearTimeout(quiet);
  quiet = setTimeout(() => { at("status").textContent = ""; }, SAID_MS);
}
function tell(text) { at("reader").textContent = text; }
function warn(text) { at("status").textContent = ""; at("alert").textContent = text; }

async function ask(path, options = {}) {
  const headers = { Authorization: `Bearer ${sessionStorage.getItem(TOKEN)}`, ...options.headers };
  const answer = await fetch(path, { ...options, headers });
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({ detail: "系统没有回答，请稍后再试。" }));
  if (answer.status === 401) showDoor();
  throw new Error(problem.detail);
}

async function attempt(work) {
  try { return await work(); } catch (error) { warn(error instanceof TypeError ? "连不上系统，请检查网络后再试。" : error.message); }
}

// --- the list
async function load(after = null) {
  const answer = await ask(`/v1/reviews?limit=200${after ? `&after=${after}` : ""}`);
  const body = await answer.json();
  items = after ? items.concat(body.reviews) : body.reviews;
  next = body.next;
  at("more").hidden = next === null;
  at("door").hidden = true;
  at("work").hidden = false;
  at("leave").hidden = false;
  const { open, disputed } = body.counts;
  at("counts").textContent = `等人看 ${open + disputed} 件${disputed ? `，有分歧 ${disputed} 件` : ""}`;
  drawList();
}

function drawList() {
  at("queue").replaceChildren(...items.map((one, place) => {
    const row = document.createElement("li");
    const button = row.appendChild(document.createElement("button"));
    button.type = "button";
    button.className = one.state;
    if (place === here) button.setAttribute("aria-current", "true");
    button.appendChild(document.createElement("b")).textContent = one.label;
    button.appendChild(document.createElement("span")).textContent = `${KINDS[one.kind] ?? one.kind} · ${one.title ?? one.org_name}`;
    button.appendChild(document.createElement("span")).textContent = [one.number && `…${one.number.slice(-4)}`, age(one.opened_at)].filter(Boolean).join(" · ");
    button.addEventListener("click", () => { at("alert").textContent = ""; show(place); });
    return row;
  }));
  at("queue").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  at("done").hidden = items.length > 0;
  for (const pane of document.querySelectorAll(".work > section")) pane.hidden = items.length === 0;
}

function age(moment) {
  const hours = (Date.now() - Date.parse(moment)) / 3600000;
  if (hours < 1) return "刚到";
  return hours < 24 ? `等了 ${Math.floor(hours)} 小时` : `等了 ${Math.floor(hours / 24)} 天`;
}

// --- one thing
async function show(place) {
  if (items.length === 0) { here = -1; item = null; drawList(); return; }
  here = Math.min(Math.max(place, 0), items.length - 1);
  drawList();
  const wanted = items[here].id;
  item = null; // a key pressed before the next thing is there answers nothing
  at("answers").replaceChildren();
  await attempt(async () => {
    const body = await (await ask(`/v1/reviews/${wanted}`)).json();
    if (items[here]?.id !== wanted) return; // somebody was faster with the arrows
    item = body;
    draw();
    await drawPictures();
  });
}

function draw() {
  at("paper-name").textContent = [item.title, item.number, item.org_name].filter(Boolean).join(" · ");
  at("what").textContent = item.label;
  at("why").textContent = item.text;
  at("texts").hidden = item.expected === null && item.read === null;
  at("expected-name").textContent = item.mark === null ? "存档文字" : "应盖单位";
  at("expected").textContent = item.expected ?? "—";
  at("read").replaceChildren(...differing(item.expected ?? "", item.read ?? "（没有读出）"));
  at("note").value = "";
  at("serial").value = "";
  drawKinds();
  if (item.serial === null || item.serial !== inHand) at("paper").checked = false;
  inHand = item.serial;
  at("serial-line").hidden = at("kind-line").hidden = !item.answers.some((one) => one.answer === "belongs");
  at("answers").replaceChildren(...item.answers.map(answerButton));
  at("standing").textContent = standing();
  at("record").replaceChildren(...item.record.map(recordRow));
  document.querySelector(".record").hidden = item.record.length === 0;
  tell(`${item.label}。${item.text}${item.expected ? `存档为 ${item.expected}。` : ""}`);
}

function drawKinds() {
  const choices = [["", "文书本身的一页"], ...item.kinds.map((one) => [one.evidence, one.suggested ? `${one.label}（系统看来像）` : one.label])];
  at("kind").replaceChildren(...choices.map(([value, words]) => new Option(words, value)));
}

function answerButton(one, place) {
  const [words, tone] = ANSWERS[one.answer];
  const button = document.createElement("button");
  button.type = "button";
  button.className = tone;
  button.disabled = item.answered;
  button.dataset.answer = one.answer;
  button.setAttribute("aria-keyshortcuts", String(place + 1));
  const key = button.appendChild(document.createElement("kbd"));
  key.textContent = String(place + 1);
  key.setAttribute("aria-hidden", "true");
  const text = button.appendChild(document.createElement("span"));
  text.textContent = OWN_WORDS[item.kind]?.[one.answer] ?? words;
  const asks = [one.paper && "须见原件", one.note && "须写理由", one.eyes > item.eyes.needed && `须 ${one.eyes} 人`].filter(Boolean);
  if (asks.length) text.appendChild(document.createElement("small")).textContent = asks.join("，");
  button.addEventListener("click", () => give(one.answer));
  return button;
}

function standing() {
  if (item.answered) return "您已经答复，等另一位同事。";
  if (item.state === "disputed") return `两人答复不一致（${item.decisions.map((one) => ANSWERS[one.answer]?.[0] ?? "？").join("、")}），由县、市教育局裁定。`;
  if (item.eyes.given) return `已有 ${item.eyes.given} 人答复，请独立再看一遍。`;
  return item.eyes.needed > 1 ? `这一件须 ${item.eyes.needed} 人答复一致。` : "";
}

function differing(expected, read) {
  const left = [...expected];
  return [...read].map((letter, place) => {
    if (expected === "" || letter === left[place]) return document.createTextNode(letter);
    const mark = document.createElement("mark");
    mark.textContent = letter;
    return mark;
  });
}

function recordRow(one) {
  const row = document.createElement("tr");
  if (one.name === item.name && item.mark === null) row.className = "now";
  for (const text of [one.label, one.expected, RESULTS[one.result] ?? one.result]) row.appendChild(document.createElement("td")).textContent = text;
  row.lastChild.className = one.result;
  return row;
}

async function drawPictures() {
  for (const address of shown.splice(0)) URL.revokeObjectURL(address);
  at("box").hidden = true;
  at("nopage").hidden = false;
  at("nopage").textContent = item.links.picture === null ? "这一项没有扫描图像。" : "正在取图像…";
  at("record-figure").hidden = item.links.record === null;
  const label = item.label;
  await Promise.all([
    picture("page", item.links.picture, `扫描件第 ${(item.page ?? 0) + 1} 面，方框处是${label}`),
    picture("crop", item.links.crop, `纸上的${label}`),
    picture("printed", item.links.record, `存档打印件上的${label}`),
  ]);
}

async function picture(id, path, alt) {
  const image = at(id);
  const wanted = item.id;
  image.removeAttribute("src");
  image.alt = "";
  image.hidden = path === null;
  if (path === null) return;
  if (!seen.has(path)) {
    const data = await (await ask(path)).blob();
    if (seen.size >= MOST_SEEN) seen.delete(seen.keys().next().value);
    seen.set(path, data);
  }
  if (item?.id !== wanted) return;
  const address = URL.createObjectURL(seen.get(path));
  shown.push(address);
  image.src = address;
  image.alt = alt;
  if (id !== "page") return;
  at("nopage").hidden = true;
  image.decode().then(() => { if (item?.id === wanted) drawBox(); }, () => {});
}

function drawBox() {
  if (item.place === null) return;
  const [left, top, right, bottom] = item.place;
  Object.assign(at("box").style, { left: `${left * 100}%`, top: `${top * 100}%`, width: `${(right - left) * 100}%`, height: `${(bottom - top) * 100}%` });
  at("box").hidden = false;
}

// --- answers
function give(answer) {
  const asked = item?.answers.find((one) => one.answer === answer);
  if (!asked || item.answered) return;
  const body = { answer, note: at("note").value.trim(), paper: at("paper").checked };
  if (asked.paper && !body.paper) { at("paper").focus(); warn("这一项要见到原件才能确认：原件在手时请按 P，再答复。"); return; }
  if (asked.note && !body.note) { at("note").focus(); warn("这个答复推翻系统发现的不符，请先写明理由，再按 Esc 和数字键。"); return; }
  if (answer === "belongs") {
    body.serial = at("serial").value.trim();
    if (at("kind").value) body.evidence = at("kind").value;
    if (!body.serial) { at("serial").focus(); warn("请填写这一页属于哪份文书，再按 Enter。"); return; }
  }
  send();
  const words = at("answers").querySelector(`[data-answer="${answer}"] span`).firstChild.textContent;
  held = { line: items[here], body, timer: setTimeout(send, HOLD_MS) };
  items.splice(here, 1);
  at("undo").hidden = false;
  document.activeElement?.blur();
  say(`${held.line.label}：${words}。还有 ${items.length} 件。`);
  show(here);
}

function send(leaving = false) {
  if (held === null) return;
  const { line, body, timer } = held;
  clearTimeout(timer);
  held = null;
  at("undo").hidden = true;
  attempt(async () => {
    const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), keepalive: leaving };
    try {
      await ask(`/v1/reviews/${line.id}/decisions`, options);
    } catch (error) {
      items.splice(Math.max(here, 0), 0, line);
      show(here);
      throw error;
    }
    if (at("door").hidden && items.length === 0) await refresh();
  });
}

async function refresh() {
  await Promise.all([load(), loadStopped(), loadCustody()]);
  await show(0);
}

function undo() {
  if (held === null) return;
  clearTimeout(held.timer);
  const { line } = held;
  held = null;
  at("undo").hidden = true;
  items.splice(Math.max(here, 0), 0, line);
  say(`已撤回：${line.label}。`);
  show(here);
}

// --- keys and doors
document.addEventListener("keydown", (event) => {
  if (at("work").hidden || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.matches("input[type=text], select")) {
    if (event.key === "Escape") event.target.blur();
    if (event.key === "Enter" && ["serial", "kind"].includes(event.target.id)) give("belongs");
    return;
  }
  at("alert").textContent = "";
  const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  if (event.key in steps) show(here + steps[event.key]);
  else if (/^[1-9]$/.test(event.key) && item) give(item.answers[Number(event.key) - 1]?.answer);
  else if (event.key === "p" || event.key === "P") at("paper").click();
  else if (event.key === "n" || event.key === "N") at("note").focus();
  else if (event.key === "u" || event.key === "U") undo();
  else return;
  event.preventDefault();
});

function showDoor() {
  sessionStorage.removeItem(TOKEN);
  seen.clear();
  [items, here, item] = [[], -1, null];
  at("work").hidden = true;
  at("leave").hidden = true;
  at("counts").textContent = "";
  at("door").hidden = false;
  at("token").focus();
}

at("door").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(TOKEN, at("token").value.trim());
  at("token").value = "";
  warn("");
  attempt(refresh);
});
at("leave").addEventListener("click", () => { send(); showDoor(); say("已退出。"); });
at("undo").addEventListener("click", undo);
at("more").addEventListener("click", () => attempt(() => load(next)));
window.addEventListener("pagehide", () => send(true));

if (sessionStorage.getItem(TOKEN)) attempt(refresh);
else at("token").focus();
