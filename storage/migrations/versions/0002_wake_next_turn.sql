-- What Procrastinate's schema lacks for us.

-- For the question "is another job of this lock before this one?", which is asked of every waiting job.
CREATE INDEX threadline_jobs_of_lock ON procrastinate_jobs (lock, id) WHERE status IN ('todo', 'doing');

-- A job that leaves "doing" frees its lock, and Procrastinate tells nobody: the next job of the lock would wait for the
-- workers' poll. The same notification as for a new job wakes them; so it does for a job that was put back.
CREATE FUNCTION threadline_wake_next_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM procrastinate_jobs WHERE lock = OLD.lock AND status = 'todo') THEN
        PERFORM pg_notify(
            'procrastinate_queue_v1#' || OLD.queue_name,
            json_build_object('type', 'job_inserted', 'job_id', OLD.id)::text
        );
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER threadline_wake_after_update
    AFTER UPDATE OF status ON procrastinate_jobs
    FOR EACH ROW WHEN (OLD.status IN ('doing', 'failed') AND NEW.status <> 'doing')
    EXECUTE FUNCTION threadline_wake_next_turn();

CREATE TRIGGER threadline_wake_after_delete
    AFTER DELETE ON procrastinate_jobs
    FOR EACH ROW WHEN (OLD.status = 'doing')
    EXECUTE FUNCTION threadline_wake_next_turn();
