// What the .NET client finds at a hub: one JSON line for each check, `{"check": …, "found": …}`. The test beside the project compares.
// Arguments: the connection string, the hub (2 partitions, consumer group `lake`, empty).

using System.Text.Json;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Primitives;
using Azure.Messaging.EventHubs.Producer;

const string group = "lake";
var (connection, hub) = (args[0], args[1]);
var noRetries = new EventHubsRetryOptions { MaximumRetries = 0, TryTimeout = TimeSpan.FromSeconds(10) };
var producing = new EventHubProducerClientOptions { RetryOptions = noRetries };
await using var producer = new EventHubProducerClient(connection, hub, producing);

await Check("hub", async () =>
{
    var found = await producer.GetEventHubPropertiesAsync();
    return new { found.Name, found.PartitionIds };
});
await Check("empty partition", async () => (await producer.GetPartitionPropertiesAsync("1")).IsEmpty);
await Check("unknown partition's properties", async () => await producer.GetPartitionPropertiesAsync("9"));

await Check("send one", () => Send("1", "a"));
await Check("send a batch", async () =>
{
    using var batch = await producer.CreateBatchAsync(new CreateBatchOptions { PartitionId = "1" });
    foreach (var body in new[] { "b", "c" }) batch.TryAdd(new EventData(body));
    await producer.SendAsync(batch);
    return new { batch.Count, batch.MaximumSizeInBytes };
});
await Check("send by key", async () =>
{
    for (var i = 0; i < 2; i++)
        await producer.SendAsync([new EventData("k")], new SendEventOptions { PartitionKey = "customer-1" });
    return "sent";
});
await Check("an event that is too large", () => Send("1", new string('x', 1_100_000)));
await Check("send to an unknown partition", () => Send("9", "x"));
await Check("send to an unknown hub", async () =>
{
    await using var nowhere = new EventHubProducerClient(connection, "nowhere", producing);
    await nowhere.SendAsync([new EventData("x")]);
    return "sent";
});

var second = await Check("receive from the start", () => Receive(EventPosition.Earliest, 3));
await Check("receive after an offset", () => Receive(EventPosition.FromOffset(second.Offset, false), 2));
await Check("receive from an offset", () => Receive(EventPosition.FromOffset(second.Offset, true), 3));
await Check("receive after a sequence number", () => Receive(EventPosition.FromSequenceNumber(1, false), 1));
await Check("receive from a time", () => Receive(EventPosition.FromEnqueuedTime(DateTimeOffset.UtcNow.AddHours(-1)), 3));
await Check("receive from the end", () => Receive(EventPosition.Latest, 0));
await Check("receive beyond the end", () => Receive(EventPosition.FromSequenceNumber(99, true), 1));
await Check("an unknown consumer group", () => Receive(EventPosition.Earliest, 1, "nobody"));
await Check("an unknown partition", () => Receive(EventPosition.Earliest, 1, group, "9"));

await Check("owner levels", async () =>
{
    await using var low = Reader(group, "1", 1);
    var first = (await low.ReceiveBatchAsync(1, TimeSpan.FromSeconds(5))).Count();
    await using var high = Reader(group, "1", 2);
    var stolen = (await high.ReceiveBatchAsync(1, TimeSpan.FromSeconds(5))).Count();
    var evicted = await Reason(() => low.ReceiveBatchAsync(10, TimeSpan.FromSeconds(5)));
    await using var none = Reader(group, "1", null);
    var refused = await Reason(() => none.ReceiveBatchAsync(1, TimeSpan.FromSeconds(5)));
    return new { first, stolen, evicted, refused };
});

await Check("an event processor", async () =>
{
    var processor = new Processor(connection, hub);
    await processor.StartProcessingAsync();
    await processor.AllRead.Task.WaitAsync(TimeSpan.FromSeconds(30));
    await processor.StopProcessingAsync();
    return new { processor.Bodies.Count, Errors = processor.Errors };
});
return 0;

async Task<string> Send(string partition, string body)
{
    await producer.SendAsync([new EventData(body)], new SendEventOptions { PartitionId = partition });
    return "sent";
}

PartitionReceiver Reader(string consumerGroup, string partition, long? ownerLevel, EventPosition? from = null) =>
    new(consumerGroup, partition, from ?? EventPosition.Earliest, connection, hub,
        new PartitionReceiverOptions { OwnerLevel = ownerLevel, RetryOptions = noRetries });

async Task<Read> Receive(EventPosition from, int count, string consumerGroup = group, string partition = "1")
{
    await using var reader = Reader(consumerGroup, partition, null, from);
    var events = new List<EventData>();
    // Where nothing is expected, one look is enough.
    do events.AddRange(await reader.ReceiveBatchAsync(10, TimeSpan.FromSeconds(count == 0 ? 1 : 10)));
    while (events.Count < count);
    return new Read(
        [.. events.Select(e => e.EventBody.ToString())],
        [.. events.Select(e => e.SequenceNumber)],
        events.Count > 1 ? events[1].OffsetString : "");
}

static async Task<string> Reason(Func<Task> act)
{
    try { await act(); return "none"; }
    catch (EventHubsException error) { return error.Reason.ToString(); }
}

static async Task<T?> Check<T>(string check, Func<Task<T>> act)
{
    try
    {
        var found = await act();
        Console.WriteLine(JsonSerializer.Serialize(new { check, found }));
        return found;
    }
    catch (Exception error)
    {
        var reason = error is EventHubsException { Reason: var known } ? known.ToString() : error.GetType().Name;
        Console.WriteLine(JsonSerializer.Serialize(new { check, error = reason, message = error.Message }));
        return default;
    }
}

readonly record struct Read(string[] Bodies, long[] Numbers, [property: System.Text.Json.Serialization.JsonIgnore] string Offset);
