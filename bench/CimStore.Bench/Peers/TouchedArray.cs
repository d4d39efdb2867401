namespace CimStore.Bench.Peers;

/// <summary>
/// What the benchmark notes beside each put. Its pages are there from the start: the first write to one costs some 30
/// us on a virtual machine, and is no part of any store.
/// </summary>
internal static class TouchedArray
{
    public static T[] Of<T>(long count)
        where T : struct
    {
        var array = new T[count];
        array.AsSpan().Clear();
        return array;
    }
}
