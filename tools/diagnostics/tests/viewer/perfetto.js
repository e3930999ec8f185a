// Asks Perfetto what it has made of the trace, as soon as it has read it, and tells the test.

const QUERIES = {
  errors: "select name, value from stats where severity in ('error', 'data_loss') and value > 0 order by name",
  slices: "select category, count(*) from slice group by category order by category",
  threads: "select distinct name from thread where name is not null order by name",
  arrows: "select count(*) from flow",
  counts: "select count(*) from counter",
};

async function rows(engine, query) {
  const result = await engine.query(query);
  const rows = [];
  for (const row = result.iter({}); row.valid(); row.next()) {
    rows.push(result.columns().map((column) => row.get(column)));
  }
  return rows;
}

async function ask() {
  while (!self.app?.trace || self.app.isLoadingTrace) {
    await new Promise((done) => setTimeout(done, 50));
  }
  const answers = {};
  for (const [name, query] of Object.entries(QUERIES)) {
    answers[name] = await rows(self.app.trace.engine, query);
  }
  return answers;
}

const tell = (told) =>
  fetch("/told", {
    method: "POST",
    body: JSON.stringify(told, (_, value) => (typeof value === "bigint" ? Number(value) : value)),
  });
ask().then(tell, (error) => tell({ failed: String(error) }));
