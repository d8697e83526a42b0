// HTTP out: alerts, webhooks and remote write, through a bounded outbox. Nothing is sent yet; the
// room stands so that what will be sent cannot end up in another one.
