using System.Collections.Concurrent;
using CimStore.Locations;

namespace CimStore.Testing.Faults;

/// <summary>Lets operations of one location go wrong by plan, and counts how often each was asked for.</summary>
internal sealed class FaultInjection(
    LocationId location, LocationFaultPlan plan, TimeProvider time, Lifeline? life = null)
{
    private readonly ConcurrentDictionary<(LocationOperation Operation, string Subject), int> _attempts = new();

    /// <summary>Asked before the operation: counts the attempt, fails or stalls where that is the plan.</summary>
    /// <returns>What goes wrong later.</returns>
    public async ValueTask<LocationMishap?> BeginAsync(
        LocationOperation operation, string subject, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (life?.Begin($"{operation} at {location}") is true)
        {
            return new LocationMishap.Death();
        }

        var attempt = _attempts.AddOrUpdate((operation, subject), 0, static (_, count) => count + 1);
        var mishap = plan.Decide(operation, subject, attempt);
        switch (mishap)
        {
            case LocationMishap.Before before:
                throw new LocationException(
                    before.Fault, $"{operation} of {subject} at {location} was not done, as planned.");
            case LocationMishap.Stall stall:
                await Task.Delay(stall.Delay, time, cancellationToken);
                break;
        }

        return mishap;
    }

    /// <summary>Asked behind the operation.</summary>
    public void End(LocationOperation operation, string subject, LocationMishap? mishap)
    {
        if (mishap is LocationMishap.Death)
        {
            life!.End($"{operation} at {location}");
        }

        if (mishap is LocationMishap.After after)
        {
            throw new LocationException(
                after.Fault, $"{operation} of {subject} at {location} may have been done, as planned.");
        }
    }

    public async ValueTask<T> RunAsync<T>(
        LocationOperation operation, string subject, Func<ValueTask<T>> run, CancellationToken cancellationToken)
    {
        var mishap = await BeginAsync(operation, subject, cancellationToken);
        return await RunAsync(operation, subject, mishap, run);
    }

    /// <summary>What was begun. A process can die before it is told of a failure, too.</summary>
    public async ValueTask<T> RunAsync<T>(
        LocationOperation operation, string subject, LocationMishap? mishap, Func<ValueTask<T>> run)
    {
        T result;
        try
        {
            result = await run();
        }
        catch (Exception) when (mishap is LocationMishap.Death)
        {
            End(operation, subject, mishap);
            throw;
        }

        End(operation, subject, mishap);
        return result;
    }

    public async ValueTask RunAsync(
        LocationOperation operation, string subject, Func<ValueTask> run, CancellationToken cancellationToken)
    {
        await RunAsync(
            operation, subject,
            async () =>
            {
                await run();
                return true;
            },
            cancellationToken);
    }
}
