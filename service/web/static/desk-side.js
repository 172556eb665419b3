// Beside the reviews: jobs that stopped, and what of handing over and arriving waits for a person. Runs with desk.js.
"use strict";

const CUSTODY_STATES = {
  filed: "检查通过，已归档", held: "检查仍没有通过", received: "正在检查，请稍后刷新", filing: "正在归档，请稍后刷新", refused: "已登记退回的回执",
};

// When a thing is told, its list is the new one: a click meant for an old row would hit another.
async function toldWithList(told, load) {
  try { await load(); } catch { throw new Error(`${told}列表没有刷新，请刷新网页。`); }
  say(told);
}

// --- jobs that no worker takes any more
async function loadStopped() {
  const { jobs } = await (await ask("/v1/jobs/dead")).json();
  at("stopped").hidden = jobs.length === 0;
  at("stopped-count").textContent = String(jobs.length);
  at("stopped-list").replaceChildren(...jobs.map(stoppedRow));
}

function stoppedRow(job) {
  const row = document.createElement("li");
  row.appendChild(document.createElement("b")).textContent = job.what;
  row.appendChild(document.createElement("span")).textContent = `${job.org_name} · 任务 ${job.id} · 试过 ${job.attempts} 次`;
  for (const text of [`${job.why}。`, job.advice]) row.appendChild(document.createElement("p")).textContent = text;
  const button = row.appendChild(document.createElement("button"));
  button.type = "button";
  button.className = "quiet";
  button.textContent = "重新排队";
  button.setAttribute("aria-label", `重新排队：${job.what}`);
  button.addEventListener("click", () => attempt(async () => {
    button.disabled = true;
    try { await ask(`/v1/jobs/${job.id}/requeue`, { method: "POST" }); } catch (error) { button.disabled = false; throw error; }
    await toldWithList(`${job.what}：已重新排队。`, loadStopped);
    document.activeElement?.blur();
  }));
  return row;
}

// --- files that are handed over and that arrive
async function loadCustody() {
  const { waiting, more } = await (await ask("/v1/custody/waiting")).json();
  at("custody").hidden = waiting.length === 0;
  at("custody-count").textContent = String(waiting.length);
  at("custody-more").hidden = !more;
  at("custody-list").replaceChildren(...waiting.map(custodyRow));
}

function custodyRow(one) {
  const row = document.createElement("li");
  row.className = one.kind;
  row.appendChild(document.createElement("b")).textContent = one.label;
  row.appendChild(document.createElement("span")).textContent = one.title.includes(one.org_name) ? one.title : `${one.title} · ${one.org_name}`;
  for (const text of one.why) row.appendChild(document.createElement("p")).textContent = text.endsWith("。") ? text : `${text}。`;
  const advice = row.appendChild(document.createElement("p"));
  advice.append(one.advice, Object.assign(document.createElement("i"), { textContent: one.article }));
  for (const action of [one.action, one.aside]) if (action) row.append(...custodyAction(one, action));
  return row;
}

function custodyAction(one, action) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.textContent = action.label;
  button.setAttribute("aria-label", `${action.label}：${one.label}，${one.title}`);
  const act = (body) => attempt(() => custodyDone(button, one, action, body));
  if (action.takes === null) {
    button.addEventListener("click", () => act());
    return [button];
  }
  const input = document.createElement("input");
  input.setAttribute("aria-label", action.takes === "note" ? `不再处理的理由：${one.label}` : `回执文件：${one.label}`);
  if (action.takes === "receipt") {
    Object.assign(input, { type: "file", accept: "text/plain,.txt", hidden: true });
    input.addEventListener("change", async () => { if (input.files.length) act({ receipt: await input.files[0].text() }); });
    button.addEventListener("click", () => input.click());
    return [button, input];
  }
  Object.assign(input, { type: "text", maxLength: 300, placeholder: "理由", autocomplete: "off", hidden: true });
  button.addEventListener("click", () => {
    if (input.hidden) { input.hidden = false; input.focus(); return; }
    if (!input.value.trim()) { input.focus(); warn("请先写明为什么不再处理，再点一次。"); return; }
    act({ note: input.value.trim() });
  });
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") button.click(); });
  return [button, input];
}

async function custodyDone(button, one, action, body) {
  button.disabled = true;
  say(`${one.label}：正在办理…`);
  let told = "";
  try {
    const options = body ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : { method: "POST" };
    const { state } = await (await ask(action.path, options)).json();
    const done = { note: "已记下，不再处理", receipt: state === "received" ? "已登记接收的回执" : null }[action.takes];
    told = `${one.label}：${done ?? CUSTODY_STATES[state] ?? "已办理"}。`;
  } catch (error) {
    button.disabled = false;
    throw error;
  }
  await toldWithList(told, loadCustody);
}
