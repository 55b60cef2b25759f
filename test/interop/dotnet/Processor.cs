using System.Collections.Concurrent;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Primitives;
using Azure.Messaging.EventHubs.Processor;

/// <summary>An event processor that claims both partitions, with its ownerships and checkpoints in memory.</summary>
sealed class Processor(string connection, string hub)
    : EventProcessor<EventProcessorPartition>(10, "lake", connection, hub, new EventProcessorOptions
    {
        LoadBalancingStrategy = LoadBalancingStrategy.Greedy,
        MaximumWaitTime = TimeSpan.FromSeconds(1),
    })
{
    const int Expected = 5;
    readonly ConcurrentDictionary<string, EventProcessorPartitionOwnership> owned = new();

    public ConcurrentBag<string> Bodies { get; } = [];
    public ConcurrentBag<string> Errors { get; } = [];
    public TaskCompletionSource AllRead { get; } = new();

    protected override Task OnProcessingEventBatchAsync(
        IEnumerable<EventData> events, EventProcessorPartition partition, CancellationToken cancellation)
    {
        foreach (var each in events) Bodies.Add(each.EventBody.ToString());
        if (Bodies.Count >= Expected) AllRead.TrySetResult();
        return Task.CompletedTask;
    }

    protected override Task OnProcessingErrorAsync(
        Exception error, EventProcessorPartition? partition, string operation, CancellationToken cancellation)
    {
        Errors.Add($"{operation}: {error.Message}");
        return Task.CompletedTask;
    }

    protected override Task<IEnumerable<EventProcessorPartitionOwnership>> ListOwnershipAsync(
        CancellationToken cancellation) => Task.FromResult<IEnumerable<EventProcessorPartitionOwnership>>([.. owned.Values]);

    protected override Task<IEnumerable<EventProcessorPartitionOwnership>> ClaimOwnershipAsync(
        IEnumerable<EventProcessorPartitionOwnership> desired, CancellationToken cancellation)
    {
        var claimed = desired.ToList();
        foreach (var each in claimed)
        {
            each.LastModifiedTime = DateTimeOffset.UtcNow;
            each.Version = Guid.NewGuid().ToString();
            owned[each.PartitionId] = each;
        }
        return Task.FromResult<IEnumerable<EventProcessorPartitionOwnership>>(claimed);
    }

    protected override Task<EventProcessorCheckpoint> GetCheckpointAsync(
        string partitionId, CancellationToken cancellation) => Task.FromResult<EventProcessorCheckpoint>(null!);
}
