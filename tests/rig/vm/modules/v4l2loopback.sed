# It stamps its buffers with the monotonic clock (ktime_get_ts64) and does not say so; our driver believes those that do.
s/b->flags = 0;/b->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;/
