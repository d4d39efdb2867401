namespace CimStore.Content;

/// <summary>
/// The vector operations the kernels need, for one vector width. Lane i of a vector belongs to job i; implementations
/// are empty structs, so that the JIT compiles one kernel for each width with every call inlined.
/// </summary>
internal unsafe interface IBlake3Lanes<TVector>
    where TVector : unmanaged
{
    static abstract int Count { get; }

    static abstract TVector Splat(uint value);

    static abstract TVector Load(uint* source);

    static abstract TVector Add(TVector left, TVector right);

    static abstract TVector Xor(TVector left, TVector right);

    static abstract TVector And(TVector left, TVector right);

    /// <summary>All ones in each lane where the two are equal.</summary>
    static abstract TVector AreEqual(TVector left, TVector right);

    /// <summary>All ones in each lane where the left is the greater.</summary>
    static abstract TVector IsGreater(TVector left, TVector right);

    static abstract TVector Select(TVector mask, TVector whenSet, TVector whenClear);

    static abstract TVector RotateRight16(TVector value);

    static abstract TVector RotateRight12(TVector value);

    static abstract TVector RotateRight8(TVector value);

    static abstract TVector RotateRight7(TVector value);

    /// <summary>Reads a block at <paramref name="offset"/> of each input and turns rows into 16 word vectors.</summary>
    static abstract void LoadBlocks(ulong* inputs, nint offset, TVector* message);

    /// <summary>Turns 8 word vectors into rows and writes one chaining value to each output.</summary>
    static abstract void StoreCvs(TVector* words, ulong* outputs);
}
