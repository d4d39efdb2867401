using System.Runtime.CompilerServices;

namespace CimStore;

/// <summary>Setters of options check their range with it.</summary>
public static class Limit
{
    public static T Between<T>(T value, T first, T last, [CallerMemberName] string name = "")
        where T : IComparable<T> =>
        value.CompareTo(first) < 0 || value.CompareTo(last) > 0
            ? throw new ArgumentOutOfRangeException(name, value, $"{name} must be {first}..{last}, not {value}.")
            : value;
}
