-- The twelve checks of the pack `workload`, for DuckDB. {folder} is the data, {as_of} the date.
-- Each large file is read once: the assignments into a table of what the checks look at and
-- no more (faster than one query a check over the file, and than a table of all columns),
-- the events in one pass. Each query's names are the checks that its numbers belong to.

SET preserve_insertion_order = false;

CREATE TEMP TABLE people AS
SELECT employee_id, email, status, end_date
FROM read_csv('{folder}/people.csv', header = true, delim = ',', quote = '"', escape = '"', auto_detect = false, columns = {
    'employee_id': 'VARCHAR', 'email': 'VARCHAR', 'name': 'VARCHAR', 'status': 'VARCHAR', 'manager': 'VARCHAR',
    'department': 'VARCHAR', 'work_role_code': 'VARCHAR', 'hire_date': 'VARCHAR', 'end_date': 'DATE'});

CREATE TEMP TABLE active AS
SELECT DISTINCT email AS address FROM people WHERE status = 'active' AND email <> '';

CREATE TEMP TABLE assignments AS
SELECT
    assignment_id,
    principal_email,
    task_id,
    raci = 'R' AS responsible,
    expires_at IS NULL OR expires_at < DATE '{as_of}' AS ended,
    starts_with(role_code, 'ADM-') AND (coalesce(length(justification), 0) < 20 OR granted_by IS NOT DISTINCT FROM principal_email) AS unjustified
FROM read_csv('{folder}/role_assignments.csv', header = true, delim = ',', quote = '"', escape = '"', new_line = '\n', auto_detect = false, columns = {
    'assignment_id': 'VARCHAR', 'principal_email': 'VARCHAR', 'role_code': 'VARCHAR', 'task_id': 'VARCHAR', 'raci': 'VARCHAR',
    'granted_by': 'VARCHAR', 'granted_at': 'VARCHAR', 'expires_at': 'DATE', 'justification': 'VARCHAR'});

SELECT count(*) - count(DISTINCT employee_id) AS "K01",
    count(*) FILTER (WHERE status = 'active' AND coalesce(email, '') = '') AS "K02",
    count(*) FILTER (WHERE status = 'terminated' AND (end_date IS NULL OR end_date > DATE '{as_of}')) AS "K03"
FROM people;

SELECT count(*) AS "K04"
FROM read_csv('{folder}/assets.csv', header = true, delim = ',', quote = '"', escape = '"', all_varchar = true) AS assets
ANTI JOIN active ON assets.owner = active.address;

WITH trained AS (
    SELECT person
    FROM read_csv('{folder}/training.csv', header = true, delim = ',', quote = '"', escape = '"', auto_detect = false, columns = {
        'person': 'VARCHAR', 'course': 'VARCHAR', 'role_code': 'VARCHAR', 'completed_at': 'DATE', 'expires_at': 'VARCHAR'})
    WHERE course = 'SEC-AWARE' AND completed_at BETWEEN DATE '{as_of}' - 365 AND DATE '{as_of}')
SELECT count(*) AS "K05"
FROM (SELECT DISTINCT employee_id FROM people WHERE status = 'active') AS employed
ANTI JOIN trained ON employed.employee_id = trained.person;

SELECT count(*) - count(DISTINCT assignment_id) AS "K06" FROM assignments;

SELECT count(*) AS "K08"
FROM (SELECT task_id FROM assignments GROUP BY task_id HAVING count(*) FILTER (WHERE responsible) <> 1);

SELECT count(*) FILTER (WHERE address IS NULL) AS "K07",
    count(*) FILTER (WHERE ended) AS "K09",
    count(*) FILTER (WHERE unjustified) AS "K10"
FROM assignments LEFT JOIN active ON assignments.principal_email = active.address;

SELECT count(*) FILTER (WHERE address IS NULL) AS "K11",
    count(*) FILTER (
        WHERE action IN ('iam.role.grant', 'iam.role.revoke', 'kms.key.delete', 'db.schema.drop')
        AND result = 'success' AND context.mfa IS DISTINCT FROM true) AS "K12"
FROM read_json('{folder}/access_events.ndjson', format = 'newline_delimited', columns = {
    'actor': 'VARCHAR', 'action': 'VARCHAR', 'result': 'VARCHAR', 'context': 'STRUCT(mfa BOOLEAN)'}) AS events
LEFT JOIN active ON events.actor = active.address;
