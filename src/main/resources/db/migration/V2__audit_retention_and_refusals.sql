-- What retention removed of a chain: the number and hash of the last event, so that what is left can be checked.
-- 0 and zeros: nothing. An event of the chain, 'audit.expire', tells the same.
ALTER TABLE audit_head ADD COLUMN removed_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE audit_head ADD COLUMN removed_hash TEXT NOT NULL
  DEFAULT '0000000000000000000000000000000000000000000000000000000000000000';

-- Up to when retention has removed what it may, epoch milliseconds; locked by the node that does it.
INSERT INTO counter (name, value) VALUES ('audit.retention', 0);

-- How often requests were refused; each row is told to one customer.
CREATE TABLE refusal_count (
  customer_id TEXT ${bytewise} NOT NULL,
  hour        BIGINT NOT NULL,            -- epoch hours
  caller      TEXT ${bytewise} NOT NULL,  -- a client of this customer, or in round brackets what is no id
  route       TEXT ${bytewise} NOT NULL,  -- method and template, as routes are named
  outcome     TEXT ${bytewise} NOT NULL,
  refusals    BIGINT NOT NULL,
  PRIMARY KEY (customer_id, hour, caller, route, outcome)
)${inKey};
CREATE INDEX refusal_count_hour ON refusal_count (hour);
