using CimStore.Locations;
using CimStore.Testing;
using CimStore.Testing.Contracts;
using CimStore.Testing.Faults;

namespace CimStore.Tests.Locations;

/// <summary>What stands around a location keeps the port's contract, too.</summary>
public static class DecoratorContractTests
{
    private static readonly LocationOperation[] Repeatable =
    [
        LocationOperation.Read, LocationOperation.ReadTree, LocationOperation.Release, LocationOperation.Describe,
        LocationOperation.List, LocationOperation.Inspect, LocationOperation.MeasureSpace,
    ];

    private static readonly LocationMishap[] Passing =
    [
        new LocationMishap.Before(LocationFault.Throttled), new LocationMishap.Before(LocationFault.Offline),
        new LocationMishap.Before(LocationFault.Unknown), new LocationMishap.After(LocationFault.Throttled),
        new LocationMishap.After(LocationFault.Offline), new LocationMishap.After(LocationFault.Unknown),
        new LocationMishap.Stall(TimeSpan.FromSeconds(10)),
    ];

    private static LocationFaultPlan TransientFaults(int seed) => new LocationFaultPlan()
        .Transient(seed, oneIn: 2, failuresMax: 4, Repeatable, Passing)
        .Transient(
            seed, oneIn: 2, failuresMax: 4, [LocationOperation.Stage, LocationOperation.Heal, LocationOperation.Tidy],
            new LocationMishap.Before(LocationFault.Throttled), new LocationMishap.After(LocationFault.Offline));

    public sealed class FaultyWithoutFaultsTests : KeptCopiesContract
    {
        protected override ValueTask<LocationUnderTest> OpenAsync()
        {
            var time = new SkippingTime();
            return new(new LocationUnderTest(new FaultyLocation(Memories.Make(time), new LocationFaultPlan(), time)));
        }
    }

    public sealed class RetryingWithoutFaultsTests : KeptCopiesContract
    {
        protected override ValueTask<LocationUnderTest> OpenAsync()
        {
            var time = new SkippingTime();
            return new(new LocationUnderTest(
                new RetryingLocation(Memories.Make(time), new RetryOptions(), time, new Random(1))));
        }
    }

    public abstract class RetryingOverTransientFaults(int seed) : KeptCopiesContract
    {
        protected override ValueTask<LocationUnderTest> OpenAsync()
        {
            var time = new SkippingTime();
            var faulty = new FaultyLocation(Memories.Make(time), TransientFaults(seed), time);
            var options = new RetryOptions { TotalMax = TimeSpan.FromHours(1) };
            return new(new LocationUnderTest(new RetryingLocation(faulty, options, time, new Random(seed))));
        }
    }

    public sealed class RetryingOverTransientFaultsOfSeedOneTests() : RetryingOverTransientFaults(1);

    public sealed class RetryingOverTransientFaultsOfSeedTwoTests() : RetryingOverTransientFaults(2);

    public sealed class RetryingOverTransientFaultsOfSeedThreeTests() : RetryingOverTransientFaults(3);

    public sealed class UnlimitedTests : KeptCopiesContract
    {
        protected override ValueTask<LocationUnderTest> OpenAsync()
        {
            var time = new SkippingTime();
            return new(new LocationUnderTest(new RateLimitedLocation(Memories.Make(time), new RateLimits(), time)));
        }
    }

    public sealed class LimitedTests : KeptCopiesContract
    {
        protected override ValueTask<LocationUnderTest> OpenAsync()
        {
            var time = new SkippingTime();
            var limits = new RateLimits { BytesPerSecondMax = 10_000, OperationsPerSecondMax = 1 };
            return new(new LocationUnderTest(new RateLimitedLocation(Memories.Make(time), limits, time)));
        }
    }

    /// <summary>In the order in which they are meant to stand: retries are paid for, too.</summary>
    public sealed class AllTogetherTests : KeptCopiesContract
    {
        protected override ValueTask<LocationUnderTest> OpenAsync()
        {
            var time = new SkippingTime();
            var limits = new RateLimits { BytesPerSecondMax = 1 << 20, OperationsPerSecondMax = 100 };
            var faulty = new FaultyLocation(Memories.Make(time, 8, 4), TransientFaults(4), time);
            var options = new RetryOptions { TotalMax = TimeSpan.FromHours(1) };
            return new(new LocationUnderTest(new RetryingLocation(
                new RateLimitedLocation(faulty, limits, time), options, time, new Random(4))));
        }
    }
}
