namespace CimStore.Crashing;

internal enum CrashMoment
{
    Before,

    /// <summary>After half of the bytes of a write; as <see cref="After"/> for anything else.</summary>
    Half,
    After,
}
